"""`mandegar import`: streams a file of a shop into ingest, part by part, and resumes where it was."""
