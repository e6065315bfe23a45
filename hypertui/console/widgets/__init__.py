"""Widgets: panel, table, price chart, filter, help, and the page with its header and key bar."""
