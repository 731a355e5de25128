//! The composition root: configuration, middleware, routes, wiring.
