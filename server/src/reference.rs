//! Every key of the configuration, in one table: what `docs/configuration.md` and the sample file say of it is made from here, and a test
//! fails where they differ from it, or where it differs from what [`crate::config`] reads.
//!
//! To add a key: a field in `config::Written`, a row here, in the same order; the test prints what belongs into the two files.

use crate::config::PREFIX;

/// A key.
#[derive(Debug)]
pub struct Key {
    /// In the file.
    pub name: &'static str,
    /// What is written.
    pub kind: Kind,
    /// What holds where it is not written, in the words of the table.
    pub default: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// What is refused.
    pub refused: &'static str,
    /// A value for the sample file, in TOML.
    pub sample: &'static str,
}

/// What is written for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// An `http` or `https` address.
    Address,
    /// An IP address with a port.
    Socket,
    /// The path of a file.
    File,
    /// One of a few words.
    Choice,
    /// A list in the file, words with commas between in the environment.
    List,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Address => "address",
            Self::Socket => "IP address and port",
            Self::File => "file",
            Self::Choice => "choice",
            Self::List => "list",
        }
    }
}

/// The heading of a part of the sample file, and the keys in it.
pub type Part = (&'static str, &'static [Key]);

const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    purpose: &'static str,
    refused: &'static str,
    sample: &'static str,
) -> Key {
    Key { name, kind, default, purpose, refused, sample }
}

/// Every key.
pub const PARTS: &[Part] = &[
    (
        "Required",
        &[
            key(
                "public_url",
                Kind::Address,
                "required",
                "The portal's own origin, as browsers see it.",
                "`http`, except for `localhost`, `127.0.0.1` and `[::1]`; anything after the host",
                "\"https://pim.example.com\"",
            ),
            key(
                "tenant_id",
                Kind::Text,
                "required",
                "The id of your Microsoft Entra tenant: a GUID, not a domain name.",
                "what is not a GUID, such as a domain name",
                "\"00000000-0000-0000-0000-000000000000\"",
            ),
            key(
                "client_id",
                Kind::Text,
                "required",
                "The application (client) id of the app registration.",
                "nothing, or only blanks",
                "\"00000000-0000-0000-0000-000000000000\"",
            ),
        ],
    ),
    (
        "Serving, logs, metrics, stopping",
        &[
            key(
                "listen",
                Kind::Socket,
                "`127.0.0.1:8080`",
                "Where the portal listens. TLS is the business of a proxy in front.",
                "an address without a port, a host name",
                "\"127.0.0.1:8080\"",
            ),
            key(
                "trusted_proxies",
                Kind::List,
                "none",
                "Networks of the proxies in front, which say truly (X-Forwarded-For) who is behind them.",
                "what is neither an address nor a network",
                "[\"10.0.0.0/8\"]",
            ),
            key(
                "metrics_listen",
                Kind::Socket,
                "none",
                "Where Prometheus reads metrics, for whoever can reach it; never the same address.",
                "an address without a port, a host name; the address of `listen`",
                "\"127.0.0.1:9090\"",
            ),
            key(
                "log_format",
                Kind::Choice,
                "`text`",
                "How the log looks: text, or json with one object a line.",
                "anything else",
                "\"text\"",
            ),
            key(
                "shutdown_delay",
                Kind::Number,
                "`0`",
                "Seconds after SIGTERM in which connections are still taken while /readyz says no.",
                "what is no number of seconds from 0 to 300",
                "0",
            ),
            key(
                "shutdown_grace",
                Kind::Number,
                "`10`",
                "Seconds after that in which requests and writes under way may end.",
                "the same",
                "10",
            ),
        ],
    ),
    (
        "The way out",
        &[
            key(
                "proxy_url",
                Kind::Address,
                "`HTTPS_PROXY`",
                "The outbound proxy, in the place of HTTPS_PROXY; NO_PROXY holds for both. May hold a user and a password.",
                "what is neither `http://host:port` nor `https://host:port`",
                "\"http://proxy.example.com:3128\"",
            ),
            key(
                "ca_file",
                Kind::File,
                "none",
                "Certificates in PEM that count besides the system's, as where a proxy opens TLS.",
                "a file without a certificate",
                "\"/etc/pim-portal/ca.pem\"",
            ),
        ],
    ),
    (
        "Microsoft",
        &[
            key(
                "cloud",
                Kind::Choice,
                "`public`",
                "Where Microsoft is: public, usgov, usgov-dod, china, or custom.",
                "anything but `public`, `usgov`, `usgov-dod`, `china`, `custom`",
                "\"public\"",
            ),
            key(
                "login_url",
                Kind::Address,
                "",
                "Sign-in, with cloud custom only, and then all three: https, or http on loopback.",
                "without `cloud = \"custom\"`; otherwise as `public_url`",
                "\"http://localhost:8081\"",
            ),
            key(
                "graph_url",
                Kind::Address,
                "",
                "Microsoft Graph, likewise.",
                "the same",
                "\"http://localhost:8082\"",
            ),
            key(
                "arm_url",
                Kind::Address,
                "",
                "Azure Resource Manager, likewise.",
                "the same",
                "\"http://localhost:8083\"",
            ),
            key(
                "planes",
                Kind::List,
                "all three",
                "Which planes are on. A plane that is off takes its permissions with it.",
                "unknown names; an empty list",
                "[\"entra\", \"groups\", \"azure\"]",
            ),
            key(
                "allowed_tenants",
                Kind::List,
                "none",
                "Directories that may be entered besides the own one.",
                "what is not a GUID; the same one twice; a name of more than 60 characters; more than 200",
                "[{ id = \"11111111-1111-1111-1111-111111111111\", name = \"Fabrikam\" }]",
            ),
            key(
                "client_auth",
                Kind::Choice,
                "`none`",
                "How the portal authenticates itself: none, assertion-file or managed-identity.",
                "anything else",
                "\"none\"",
            ),
            key(
                "assertion_file",
                Kind::File,
                "what `AZURE_FEDERATED_TOKEN_FILE` says",
                "The token that a cluster projects, for client_auth assertion-file.",
                "without `client_auth = \"assertion-file\"`; with it, a file that cannot be read",
                "\"/var/run/secrets/entra/token\"",
            ),
            key(
                "managed_identity_client_id",
                Kind::Text,
                "",
                "The user-assigned identity, for what uses one.",
                "with nothing that uses it; missing where something does; what is not a GUID",
                "\"00000000-0000-0000-0000-000000000000\"",
            ),
            key(
                "history_days",
                Kind::Number,
                "`365`",
                "For how many days what the portal did for whom is kept after its end.",
                "less than 1, more than 3650",
                "365",
            ),
            key(
                "pace",
                Kind::Choice,
                "`real`",
                "How long everything waits; hurried is for tests against the simulated tenant.",
                "`hurried` without `cloud = \"custom\"`: it shortens every wait, for tests against the simulated tenant",
                "\"real\"",
            ),
        ],
    ),
    (
        "The store",
        &[
            key(
                "database_url",
                Kind::Text,
                "`sqlite://pim-portal.db`",
                "The store. Three slashes begin an absolute path; several replicas share a PostgreSQL, postgres://...",
                "anything that does not begin with `sqlite:`, `postgres:` or `postgresql:`; at start: a damaged file, a database that does not answer",
                "\"sqlite://pim-portal.db\"",
            ),
            key(
                "database_auth",
                Kind::Choice,
                "`password`",
                "Whether the address has the password, or a token of a managed identity takes its place: managed-identity.",
                "anything else; without a PostgreSQL whose address has a user, no password and `sslmode=verify-full`",
                "\"password\"",
            ),
            key(
                "key_file",
                Kind::File,
                "`pim-portal.key`",
                "The key that encrypts the store; made, readable by its owner only, when it is missing.",
                "at start: a mode that lets anybody but the owner at it; a line that is not a key",
                "\"pim-portal.key\"",
            ),
        ],
    ),
    (
        "The organisation's own",
        &[
            key(
                "portal_name",
                Kind::Text,
                "`PIM portal`",
                "What the portal is called.",
                "nothing; more than 40 characters",
                "\"PIM portal\"",
            ),
            key(
                "logo_file",
                Kind::File,
                "",
                "An SVG or a PNG of at most 256 KiB.",
                "a file that is missing, is neither an SVG nor a PNG, or is larger than 256 KiB",
                "\"/etc/pim-portal/logo.svg\"",
            ),
            key(
                "accent_light",
                Kind::Text,
                "`#2f5bea`",
                "Links, buttons and marks in the light theme; 4.5 : 1 against the panel at least.",
                "what is not `#rrggbb`; a contrast below 4.5 : 1 against the panel or the page's ground",
                "\"#2f5bea\"",
            ),
            key(
                "accent_dark",
                Kind::Text,
                "`#7c9bff`",
                "The same in the dark theme.",
                "the same",
                "\"#7c9bff\"",
            ),
            key(
                "links",
                Kind::List,
                "none",
                "Links below every page: https only, eight at most.",
                "an address that is not `https`; a title of more than 60 characters; more than eight",
                "[{ title = \"Help desk\", url = \"https://help.example.com\" }]",
            ),
            key(
                "announcement",
                Kind::Text,
                "none",
                "One line of text above every page.",
                "more than one line; more than 300 characters",
                "\"Maintenance tonight from 22:00 UTC\"",
            ),
            key(
                "announcement_severity",
                Kind::Choice,
                "`info`",
                "How it looks: info, warning or critical.",
                "anything but `info`, `warning`, `critical`; without `announcement`",
                "\"info\"",
            ),
        ],
    ),
    (
        "Reasons and tickets",
        &[
            key(
                "justification_pattern",
                Kind::Text,
                "none",
                "What has to stand in a reason, as a regular expression.",
                "what is no regular expression, or too large a one; without `justification_message`",
                "\"(INC|CHG)[0-9]{4}\"",
            ),
            key(
                "justification_message",
                Kind::Text,
                "none",
                "What people are told of it.",
                "more than one line of 200 characters; without `justification_pattern`",
                "\"Name the incident or the change.\"",
            ),
            key(
                "justification_min_length",
                Kind::Number,
                "`0`",
                "How long a reason is at least.",
                "more than 200",
                "12",
            ),
            key(
                "justification_fillers",
                Kind::List,
                "none",
                "What is no reason.",
                "an empty text; more than 100",
                "[\"test\", \"asdf\", \"because\"]",
            ),
            key(
                "ticket_pattern",
                Kind::Text,
                "none",
                "What a ticket's number looks like, as a regular expression.",
                "as `justification_pattern`, without `ticket_message`",
                "\"(INC|CHG)[0-9]{4}\"",
            ),
            key(
                "ticket_message",
                Kind::Text,
                "none",
                "What people are told of it.",
                "as `justification_message`, without `ticket_pattern`",
                "\"INC or CHG and four digits.\"",
            ),
            key(
                "ticket_example",
                Kind::Text,
                "none",
                "A number that is one.",
                "what `ticket_pattern` does not match; without it",
                "\"CHG0042\"",
            ),
            key(
                "ticket_systems",
                Kind::List,
                "any",
                "The systems to choose from.",
                "an empty text; more than 20",
                "[\"ServiceNow\", \"Jira\"]",
            ),
        ],
    ),
];

/// Every key, in the order of the table.
pub fn all() -> impl Iterator<Item = &'static Key> {
    PARTS.iter().flat_map(|(_, keys)| keys.iter())
}

/// The table of `docs/configuration.md`.
#[must_use]
pub fn table() -> String {
    let head = "| key | environment | type | default | for | refused |\n|---|---|---|---|---|---|\n";
    let row = |key: &Key| {
        let Key { name, kind, default, purpose, refused, .. } = key;
        let default = if default.is_empty() { "none" } else { default };
        format!(
            "| `{name}` | `{PREFIX}{}` | {} | {default} | {purpose} | {refused} |\n",
            name.to_uppercase(),
            kind.name()
        )
    };
    all().map(row).fold(head.to_owned(), |table, row| table + &row)
}

/// The sample file: the keys of the first part as they have to be written, the others as remarks.
#[must_use]
pub fn sample() -> String {
    let head = "# Settings of pim-portal. Name this file with `pim-portal --config FILE` or in PIM_PORTAL_CONFIG.\n\
                # A variable PIM_PORTAL_<KEY> wins over the key here. Every key: docs/configuration.md.\n";
    let part = |(index, (heading, keys)): (usize, &Part)| {
        let remark = if index == 0 { "" } else { "# " };
        let entry =
            |Key { name, purpose, sample, .. }: &Key| format!("\n# {purpose}\n{remark}{name} = {sample}\n");
        let line = "-".repeat(100 - heading.len());
        [format!("\n# {heading} {line}\n")].into_iter().chain(keys.iter().map(entry)).collect::<String>()
    };
    [head.to_owned()].into_iter().chain(PARTS.iter().enumerate().map(part)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_keys_are_those_that_are_read() {
        let unknown = HashMap::from([(format!("{PREFIX}NO_SUCH_KEY"), "x".to_owned())]);
        let refused = Config::read(None, unknown).expect_err("there is no such key").to_string();
        let (_, expected) = refused.split_once("expected one of ").expect("what is expected");
        let mut read: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let mut told: Vec<&str> = all().map(|key| key.name).collect();
        read.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, read);
    }

    #[test]
    fn the_reference_is_made_from_them() {
        let reference = include_str!("../../docs/configuration.md");
        let written =
            reference.split("<!-- keys -->\n").nth(1).and_then(|rest| rest.split("<!-- /keys -->").next());
        assert_eq!(
            written,
            Some(table().as_str()),
            "docs/configuration.md; this belongs there:\n{}",
            table()
        );
    }

    #[test]
    fn the_sample_is_made_from_them_and_every_line_of_it_can_be_read() {
        let written = include_str!("../../docs/pim-portal.example.toml");
        assert_eq!(written, sample(), "docs/pim-portal.example.toml; this belongs there:\n{}", sample());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sample.toml");
        std::fs::write(&file, written).expect("written");
        Config::read(Some(&file), HashMap::new()).expect("the sample is a configuration");
        // What is a remark is written as it has to be, though not all of it goes together.
        let live = written
            .replace("\n# ", "\n")
            .lines()
            .filter(|line| line.contains(" = "))
            .fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(&file, live).expect("written");
        let refused =
            Config::read(Some(&file), HashMap::new()).expect_err("a custom cloud is not set").to_string();
        assert!(refused.contains("problem(s)"), "every line is TOML, and every key known: {refused}");
    }
}
