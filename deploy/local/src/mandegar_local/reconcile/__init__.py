"""`mandegar reconcile`: a shop's file of orders against what ingest has."""
