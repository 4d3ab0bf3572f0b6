"""Lists that a gateway's policy has from the topic: shown and changed by hand."""
