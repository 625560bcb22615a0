"""CloudEvents 1.0 over HTTP in their three modes: structured, batched and binary."""
