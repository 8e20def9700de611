"""What stands around the controller: the load balancer that its Service asks for, and auth servers."""
