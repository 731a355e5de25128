//! The use cases: overview, plan, activate, track, deactivate. Over the ports of pim only.
