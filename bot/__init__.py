"""What runs, and what touches the wire?"""
