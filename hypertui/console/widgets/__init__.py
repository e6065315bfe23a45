"""Widgets and page furniture: panel, table, chart, header, filter, help, and the page that holds them."""
