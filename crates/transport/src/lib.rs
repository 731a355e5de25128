//! The one HTTP client wrapper: base URLs, deadlines, Retry-After, paging, redaction.
