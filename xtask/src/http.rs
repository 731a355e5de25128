//! One GET to a server on loopback: enough to ask whether it is ready and what it offers.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Fetches `path`; fails on any status but 200.
pub(crate) fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    // HTTP/1.0, so that the body ends with the connection and is never chunked.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAccept: */*\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).context("the answer is not text")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of headers")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split_whitespace().nth(1) != Some("200") {
        bail!("GET {path} on port {port} answered {status}");
    }
    Ok(body.to_owned())
}

/// Fetches `path` and reads it as JSON.
pub(crate) fn get_json(port: u16, path: &str) -> Result<serde_json::Value> {
    serde_json::from_str(&get(port, path)?).with_context(|| format!("GET {path} on port {port} is not JSON"))
}
