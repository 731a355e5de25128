//! Adapter: Entra roles and PIM for Groups over Microsoft Graph.
