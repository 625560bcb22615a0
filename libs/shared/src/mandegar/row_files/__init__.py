"""Files of rows, as shops export them: CSV and JSON lines, read in constant memory with the line of each row."""
