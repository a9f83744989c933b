"""Do two nodes keep every promise when the database that they share loses its primary, or its standby?"""
