"""What is measured: each file here is one measurement or a part of one."""
