"""Why the API server cannot have Ingresses reviewed: what of the way to the webhook is broken, and what may be."""

from nginxsim.preflight.complaints import Complaint, complaint_of
from nginxsim.preflight.looking import Event, Preflight, Suspect, event_of, preflight

__all__ = ["Complaint", "Event", "Preflight", "Suspect", "complaint_of", "event_of", "preflight"]
