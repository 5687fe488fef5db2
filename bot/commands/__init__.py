"""What `hilo …` does; `app.py` registers these."""
