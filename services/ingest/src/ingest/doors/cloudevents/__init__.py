"""CloudEvents 1.0 over HTTP, mapped to the native form."""
