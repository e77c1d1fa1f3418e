"""Headrace: a high-volume payment platform on Ray and PostgreSQL."""

__version__ = "0.1.0"
