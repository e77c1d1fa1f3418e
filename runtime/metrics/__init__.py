"""What the platform counts: declared once by area, told at /metrics."""
