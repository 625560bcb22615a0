"""Getting messages out: claim and commit, call the provider once, record under a fence."""
