"""What several do at once, checked by sums, orders and edges instead of answer by answer."""
