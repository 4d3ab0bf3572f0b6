"""Deployment of Vigie to platforms: images by content, roll-outs with a way back, generated platform files."""
