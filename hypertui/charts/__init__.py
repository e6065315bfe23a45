"""What reports are made of: figures as people read them, tables, and charts as SVG, in one style."""
