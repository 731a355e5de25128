//! Sign-in: authorization code with PKCE, ID-token check, token refresh, admin consent.
