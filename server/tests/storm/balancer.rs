//! What stands in front of several replicas: it knows nothing of HTTP and remembers nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Balancer {
    pub(crate) port: u16,
    next: Arc<AtomicUsize>,
    replicas: usize,
}

impl Balancer {
    /// Leads each connection to the next of the ports, and past those where nobody answers.
    pub(crate) async fn start(ports: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let next = Arc::new(AtomicUsize::new(0));
        let (counter, replicas) = (next.clone(), ports.len());
        tokio::spawn(async move {
            loop {
                let Ok((mut visitor, _)) = listener.accept().await else { return };
                let first = counter.fetch_add(1, Ordering::Relaxed);
                let ports = ports.clone();
                tokio::spawn(async move {
                    for step in 0..ports.len() {
                        let port = ports[(first + step) % ports.len()];
                        if let Ok(mut replica) = TcpStream::connect(("127.0.0.1", port)).await {
                            // It ends when either side does: that is all there is to know.
                            let _ = tokio::io::copy_bidirectional(&mut visitor, &mut replica).await;
                            return;
                        }
                    }
                });
            }
        });
        Self { port, next, replicas }
    }

    /// The next connection goes to this one.
    pub(crate) fn lead_to(&self, replica: usize) {
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                Some(next - next % self.replicas + self.replicas + replica)
            })
            .expect("always some");
    }
}
