//! The domain: planes, eligibilities, assignments, policies, drafts, request states and the ports. Pure, no I/O.
