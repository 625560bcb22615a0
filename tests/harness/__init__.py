"""What tests stand on: real servers, isolated databases and topics, built services, waiting without sleeping."""
