"""The programme of a shop: its document, its versions, and bringing customers under a new one."""
