"""What a face over HTTP stands on: uvicorn with limits, certificates that get renewed, files that change, a log.

It knows nothing of Kubernetes or of reviews. Needs the extra `nginxsim[serve]`.
"""
