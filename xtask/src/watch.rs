//! What a portal tells of itself besides its log, kept in files: the traces that it hands over, and its metrics.
//!
//! [`crate::canaries`] searches them. The portal has to be built with the feature `otel`.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context as _, Result};

use crate::{http, ports::Ports};

/// The file with the bodies of all exports, one after the other: protobuf, in which texts stand as they are.
pub(crate) const TRACES: &str = "pim-portal.traces";
/// The file with the last answer of `/metrics`.
pub(crate) const METRICS: &str = "pim-portal.metrics";

/// One portal that is watched.
pub(crate) struct Watch {
    directory: PathBuf,
    traces: u16,
    metrics: u16,
}

impl Watch {
    /// Takes traces from now on, until xtask ends, and puts them into `directory`.
    pub(crate) fn begin(directory: &Path) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let traces = listener.local_addr()?.port();
        let mut file = File::create(directory.join(TRACES))?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // An export that breaks off is the portal's to log; the next one may succeed.
                let _ = take(stream, &mut file);
            }
        });
        Ok(Self { directory: directory.to_owned(), traces, metrics: Ports::free()?.portal })
    }

    /// Tells a portal where its traces and metrics are wanted.
    pub(crate) fn tell(&self, portal: &mut Command) {
        portal.env("PIM_PORTAL_METRICS_LISTEN", format!("127.0.0.1:{}", self.metrics));
        portal.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{}", self.traces));
    }

    /// Asks for the metrics, while the portal runs.
    pub(crate) fn keep_metrics(&self) -> Result<()> {
        let metrics = http::get(self.metrics, "/metrics").context("the portal shows no metrics")?;
        fs::write(self.directory.join(METRICS), metrics)?;
        Ok(())
    }
}

/// Takes one request, writes its body to `file` and answers that it was taken.
fn take(stream: TcpStream, file: &mut impl Write) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = Vec::new();
    (&mut reader).take(length).read_to_end(&mut body)?;
    file.write_all(&body)?;
    // An empty answer of the protocol is a message without fields.
    reader.get_mut().write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_an_export_is_kept_and_answered() {
        let folder = tempfile::tempdir().unwrap();
        let watch = Watch::begin(folder.path()).unwrap();
        for body in ["one", "another"] {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, watch.traces)).unwrap();
            write!(
                stream,
                "POST /v1/traces HTTP/1.1\r\nHost: x:1\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        assert_eq!(fs::read_to_string(folder.path().join(TRACES)).unwrap(), "oneanother");
    }
}
