//! Behind an outbound proxy and with a private certificate authority: everything a person does goes that way.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use server::doctor::{self, Verdict};
use sim_tenant::{Options, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use transport::Outbound;
use url::Url;

use crate::support::{ADELE, Portal, Sim};

const GRAPH: &str = "graph.tenant.test";
const AZURE: &str = "azure.tenant.test";

/// A proxy that alone knows the way to some hosts, whose certificates are of an authority of its own.
struct Proxy {
    url: Url,
    authority: String,
    /// What it was asked, and by whom.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Leads each of the hosts to a port of this machine, and nobody else anywhere.
    async fn start(ways: [(&'static str, u16); 2]) -> Self {
        let (key, authority_key) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).expect("a certificate").pem();
        let issuer = Issuer::new(params, authority_key);
        let names: Vec<String> = ways.iter().map(|(host, _)| (*host).to_owned()).collect();
        let certificate =
            CertificateParams::new(names).expect("names").signed_by(&key, &issuer).expect("a certificate");
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("a certificate");
        let tls = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://me:word@{}", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                tokio::spawn(lead(visitor, ways, tls.clone(), noted.clone()));
            }
        });
        Self { url: Url::parse(&url).expect("an address"), authority, asked }
    }

    fn way(&self) -> Outbound {
        Outbound::new(Some(self.url.clone()), "", Some(self.authority.as_bytes())).expect("a way out")
    }
}

async fn lead(
    mut visitor: TcpStream,
    ways: [(&'static str, u16); 2],
    tls: TlsAcceptor,
    noted: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(visitor.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    noted.lock().expect("no poison").push(head.clone());
    let way = ways.iter().find(|(host, _)| target == format!("{host}:443"));
    let Some((_, port)) = way.filter(|_| head.starts_with("CONNECT ")) else {
        return visitor.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    };
    visitor.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let mut visitor = tls.accept(visitor).await?;
    let mut tenant = TcpStream::connect(("127.0.0.1", *port)).await?;
    copy_bidirectional(&mut visitor, &mut tenant).await.map(drop)
}

/// A tenant whose Graph and Azure are reached by the proxy alone. Its sign-in is on this machine, for the browser's sake.
async fn world() -> (Sim, Proxy) {
    let host = |host: &str| Some(Url::parse(&format!("https://{host}")).expect("an address"));
    // The tenant wants to know its public names before it takes ports.
    let ports = [free_port(), free_port()];
    let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let options = Options {
        graph: at(ports[0]),
        azure: at(ports[1]),
        public_graph: host(GRAPH),
        public_azure: host(AZURE),
        ..Options::ephemeral()
    };
    let running = Running::start(options).await.expect("the tenant starts");
    (Sim::of(running), Proxy::start([(GRAPH, ports[0]), (AZURE, ports[1])]).await)
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("an address").port()
}

#[tokio::test]
async fn what_a_person_does_goes_through_the_proxy_and_trusts_the_private_authority() {
    let (sim, proxy) = world().await;
    let portal = Portal::start_with(&sim, |config| config.operation.outbound = proxy.way()).await;
    let browser = portal.signed_in(ADELE).await;
    let page = browser.get("/").await;
    assert!(page.text().contains("Global Reader"), "{}", page.text());
    let asked = proxy.asked.lock().expect("no poison").clone();
    for host in [GRAPH, AZURE] {
        let connect = asked.iter().find(|head| head.starts_with(&format!("CONNECT {host}:443 ")));
        // "me:word" in Base64.
        let head = connect.unwrap_or_else(|| panic!("{asked:?}")).to_lowercase();
        assert!(head.contains("proxy-authorization: basic bwu6d29yza=="), "{head}");
        assert!(!head.contains("bearer"), "a token is for the host, not for the proxy");
    }
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong_with_the_way_out() {
    let (sim, proxy) = world().await;
    let failed = async |way: Outbound| {
        let portal = Portal::start_with(&sim, |config| config.operation.outbound = way).await;
        let findings =
            doctor::examine(&portal.state.config, Arc::new(portal.clock.clone())).await.expect("findings");
        let failed = findings.into_iter().filter(|finding| finding.verdict == Verdict::Failed);
        failed.map(|finding| finding.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(failed(proxy.way()).await, Vec::<String>::new());

    let distrusting = Outbound::new(Some(proxy.url.clone()), "", None).expect("a way out");
    let told = failed(distrusting).await.join("\n");
    assert!(told.contains("Microsoft Graph: TLS") && told.contains("PIM_PORTAL_CA_FILE"), "{told}");

    let told = failed(Outbound::default()).await.join("\n");
    assert!(
        told.contains(GRAPH) && told.contains("cannot be resolved") && told.contains("PIM_PORTAL_PROXY_URL"),
        "{told}"
    );

    let nobody = Url::parse(&format!("http://me:word@127.0.0.1:{}", free_port())).expect("an address");
    let told = failed(Outbound::new(Some(nobody), "", None).expect("a way out")).await.join("\n");
    assert!(told.contains("outbound proxy: connection") && !told.contains("word"), "{told}");
}
