"""Followers' part of the database."""

from headrace.runtime.database.area import Area

FOLLOWING = Area("headrace.runtime.following")
