//! The Leptos UI: shell, pages, components (server-rendered), islands (WebAssembly).
