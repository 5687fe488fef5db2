"""What do we remember? SQLAlchemy tables behind stores that take and give frozen records."""
