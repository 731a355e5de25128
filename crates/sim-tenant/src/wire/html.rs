//! The plain pages of the sign-in origin: no scripts, no inline styles, one stylesheet.

/// Escapes text for element content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A whole page around `body`, with the banner that says what this is.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/sim.css\">\n</head>\n<body>\n\
         <header class=\"banner\"><p>Simulated tenant: nothing here reaches Microsoft.</p></header>\n\
         <main>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

/// The stylesheet, served at `/sim.css`.
pub(crate) const STYLESHEET: &str = include_str!("sim.css");
