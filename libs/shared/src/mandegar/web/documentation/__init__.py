"""``/docs``: the OpenAPI document as one page of its own, without scripts and without anything of another origin."""
