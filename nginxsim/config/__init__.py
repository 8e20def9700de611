"""The controller that is asked: its flags, its ConfigMap's settings, its machine, the certificates it holds."""
