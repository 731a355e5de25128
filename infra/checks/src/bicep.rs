//! Bicep: syntax, symbols, modules, and that nothing secret goes in or comes out. Types of Azure's resources are the compiler's.
//!
//! The grammar does not know the statement `extension`, which is left out before parsing.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Parser, Tree};

/// What a file may call without declaring it: namespaces, functions and decorators of Bicep that the files use.
const GIVEN: [&str; 27] = [
    "allowed",
    "az",
    "concat",
    "contains",
    "deployment",
    "description",
    "empty",
    "environment",
    "guid",
    "items",
    "join",
    "json",
    "maxLength",
    "maxValue",
    "minLength",
    "minValue",
    "resourceGroup",
    "resourceId",
    "string",
    "subscription",
    "subscriptionResourceId",
    "tenant",
    "toUpper",
    "union",
    "uniqueString",
    "uriComponent",
    "sys",
];

/// Words that stand for a secret in the name of a parameter or an output.
const SECRETS: [&str; 6] = ["secret", "password", "passwd", "token", "credential", "key"];

/// Functions, properties and types by which a secret would get in or out.
const LEAKS: [&str; 13] = [
    "accountKey",
    "administratorLogin",
    "administratorLoginPassword",
    "getSecret",
    "keyCredentials",
    "listCredentials",
    "listKeys",
    "listSecrets",
    "passwordCredentials",
    "primarySharedKey",
    "secureObject",
    "secureString",
    "sharedKey",
];

/// What may stand in a list called `secrets`: where each is, and what it is called. A `value` may not.
const REFERENCES: [&str; 5] = ["identity", "keyVaultUrl", "name", "path", "secretRef"];

/// A file, parsed.
pub struct Bicep {
    masked: String,
    tree: Tree,
}

impl Bicep {
    /// Parses. What is wrong with the text shows in [`Bicep::syntax`].
    ///
    /// # Panics
    /// When the grammar does not fit the parser, which is fixed at build time.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mask = |line: &str| {
            if line.starts_with("extension ") { " ".repeat(line.len()) } else { line.to_owned() }
        };
        let masked: Vec<String> = text.split('\n').map(mask).collect();
        let masked = masked.join("\n");
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the grammar fits the parser");
        let tree = parser.parse(&masked, None).expect("without a time limit, parsing ends with a tree");
        Self { masked, tree }
    }

    /// Everything below, but for modules.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        [self.syntax(), self.symbols(), self.secrets()].concat()
    }

    /// Where the text is not Bicep.
    #[must_use]
    pub fn syntax(&self) -> Vec<String> {
        let wrong = self.nodes().into_iter().filter(|node| node.is_error() || node.is_missing());
        wrong.map(|node| format!("{}: not Bicep, near {:?}", at(node), start(self.of(node)))).collect()
    }

    /// Names that are used and declared nowhere, and parameters and variables that nothing uses.
    #[must_use]
    pub fn symbols(&self) -> Vec<String> {
        let declared = self.declared();
        let used: Vec<Node<'_>> = self.nodes().into_iter().filter(|node| is_use(*node)).collect();
        let unknown = |node: &&Node<'_>| {
            let name = self.of(**node);
            !declared.contains_key(name) && !GIVEN.contains(&name)
        };
        let mut problems: Vec<String> = used
            .iter()
            .filter(unknown)
            .map(|node| format!("{}: {} is declared nowhere", at(*node), self.of(*node)))
            .collect();
        let names: BTreeSet<&str> = used.iter().map(|node| self.of(*node)).collect();
        for (name, kind) in &declared {
            if ["parameter_declaration", "variable_declaration"].contains(kind) && !names.contains(name) {
                problems.push(format!("{name} is declared and never used"));
            }
        }
        problems
    }

    /// Parameters and outputs named like a secret, `@secure`, and the functions and properties that give one out.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for node in self.nodes() {
            let text = self.of(node);
            if node.kind() == "decorator" && text.contains("secure(") {
                problems.push(format!("{}: @secure: no secret goes in", at(node)));
            }
            let is_leak = node.child_count() == 0 && LEAKS.contains(&text.trim_matches('\''));
            if is_leak {
                problems.push(format!("{}: {text} holds or gives out a secret", at(node)));
            }
            if self.key(node) == Some("secrets") {
                problems.extend(self.nodes_in(node).into_iter().filter_map(|inner| {
                    let key = self.key(inner).filter(|key| *key != "secrets" && !REFERENCES.contains(key))?;
                    Some(format!("{}: {key} of a secret holds it", at(inner)))
                }));
            }
        }
        for (kind, resource) in self.resources() {
            if kind == "Microsoft.KeyVault/vaults/secrets" {
                problems.push(format!("{}: a secret that is made here goes in by a parameter", at(resource)));
            }
        }
        for name in self.parameters().into_keys().chain(self.outputs()) {
            let lower = name.to_lowercase();
            if SECRETS.iter().any(|word| lower.contains(word)) {
                problems.push(format!("{name} is named like a secret"));
            }
        }
        problems
    }

    /// What is wrong with the modules: files that are missing, parameters that the module does not have or wants, and outputs that
    /// it does not have. `read` reads a file by its path relative to this one.
    #[must_use]
    pub fn modules(&self, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let mut problems = Vec::new();
        let mut outputs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for node in self.nodes().into_iter().filter(|node| node.kind() == "module_declaration") {
            let Some(name) = node.named_child(0).map(|child| self.of(child)) else { continue };
            let path = node.named_child(1).map_or("", |child| self.of(child).trim_matches('\''));
            let Some(text) = read(path) else {
                problems.push(format!("{}: {path} does not exist", at(node)));
                continue;
            };
            let module = Bicep::parse(&text);
            let wanted = module.parameters();
            let given = self.module_parameters(node);
            for parameter in given.iter().filter(|given| !wanted.contains_key(**given)) {
                problems.push(format!("{}: {path} has no parameter {parameter}", at(node)));
            }
            for (parameter, has_default) in &wanted {
                if !has_default && !given.contains(parameter) {
                    problems.push(format!("{}: {path} wants the parameter {parameter}", at(node)));
                }
            }
            outputs.insert(name, module.outputs().into_iter().map(str::to_owned).collect());
        }
        for node in self.nodes().into_iter().filter(|node| node.kind() == "member_expression") {
            let text: String = self.of(node).chars().filter(|c| !c.is_whitespace() && *c != '!').collect();
            let mut parts = text.split('.');
            let (Some(module), Some("outputs"), Some(output), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if outputs.get(module).is_some_and(|outputs| !outputs.contains(output)) {
                problems.push(format!("{}: the module {module} has no output {output}", at(node)));
            }
        }
        problems
    }

    /// Parameters and outputs that say nothing about themselves.
    #[must_use]
    pub fn undocumented(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut is_described = false;
        for line in self.masked.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("param" | "output") if !is_described => {
                    problems.push(format!("{} has no description", words.next().unwrap_or_default()));
                }
                Some(word) if word.starts_with('@') => is_described |= word.starts_with("@description('"),
                _ => is_described = false,
            }
        }
        problems
    }

    /// The resources that are made here, by their types without the version. Those that exist are left out.
    pub(crate) fn resources(&self) -> Vec<(&str, Node<'_>)> {
        let nodes = self.nodes().into_iter().filter(|node| node.kind() == "resource_declaration");
        nodes
            .filter_map(|node| {
                let kind = self.of(node.named_child(1)?).trim_matches('\'');
                let head = self.of(node).split('=').next().unwrap_or_default();
                let is_made = !head.trim_end().ends_with("existing");
                is_made.then(|| (kind.split('@').next().unwrap_or_default(), node))
            })
            .collect()
    }

    /// The properties of a resource with their values, nested ones as `web.homePageUrl`. What lies in arrays is not looked at.
    pub(crate) fn properties<'a>(&'a self, resource: Node<'a>) -> Vec<(String, Node<'a>)> {
        let mut found = Vec::new();
        for node in self.nodes_in(resource) {
            let Some(value) = self.key(node).and_then(|_| node.named_child(1)) else { continue };
            let mut path = Vec::new();
            let mut current = Some(node);
            let mut in_array = false;
            while let Some(node) = current.filter(|node| *node != resource) {
                path.extend(self.key(node));
                in_array |= ["array", "call_expression"].contains(&node.kind());
                current = node.parent();
            }
            if !in_array {
                path.reverse();
                found.push((path.join("."), value));
            }
        }
        found
    }

    /// The text of a variable's value.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut nodes = self.nodes().into_iter().filter(|node| node.kind() == "variable_declaration");
        let node = nodes.find(|node| node.named_child(0).is_some_and(|its| self.of(its) == name))?;
        Some(self.of(node.named_child(1)?))
    }

    /// The keys of `params` of the modules with this path.
    #[must_use]
    pub fn given(&self, path: &str) -> BTreeSet<&str> {
        let modules = self.nodes().into_iter().filter(|node| node.kind() == "module_declaration");
        let its = modules
            .filter(|node| node.named_child(1).is_some_and(|its| self.of(its).trim_matches('\'') == path));
        its.flat_map(|node| self.module_parameters(node)).collect()
    }

    /// The name of a property.
    fn key(&self, node: Node<'_>) -> Option<&str> {
        let key = node.named_child(0).filter(|_| node.kind() == "object_property")?;
        Some(self.of(key).trim_matches('\''))
    }

    /// The names of the outputs. They are no symbols: one may bear the name of a parameter.
    #[must_use]
    pub fn outputs(&self) -> BTreeSet<&str> {
        let outputs = self.nodes().into_iter().filter(|node| node.kind() == "output_declaration");
        outputs.filter_map(|node| Some(self.of(node.named_child(0)?))).collect()
    }

    /// All nodes, outer ones first.
    pub(crate) fn nodes(&self) -> Vec<Node<'_>> {
        self.nodes_in(self.tree.root_node())
    }

    /// A node and all below it, outer ones first.
    #[expect(clippy::unused_self, reason = "the nodes are of this file")]
    fn nodes_in<'a>(&'a self, root: Node<'a>) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            found.push(node);
            let mut cursor = node.walk();
            let children: Vec<_> = node.children(&mut cursor).collect();
            open.extend(children.into_iter().rev());
        }
        found
    }

    /// The text of a node.
    pub(crate) fn of(&self, node: Node<'_>) -> &str {
        &self.masked[node.byte_range()]
    }

    /// Names and the kind of what declares them.
    fn declared(&self) -> BTreeMap<&str, &'static str> {
        let mut declared = BTreeMap::new();
        for node in self.nodes() {
            let kind = node.kind();
            let is_symbol = kind.ends_with("_declaration") && kind != "output_declaration";
            if (is_symbol || kind == "user_defined_function")
                && let Some(name) = node.named_child(0).filter(|name| name.kind() == "identifier")
            {
                declared.insert(self.of(name), kind);
            }
            if ["loop_variable", "loop_enumerator"].contains(&kind) {
                declared.insert(self.of(node), kind);
            }
            if kind == "for_statement"
                && let Some(name) = node.child_by_field_name("initializer")
            {
                declared.insert(self.of(name), kind);
            }
        }
        declared
    }

    /// Parameters, and whether each has a default.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<&str, bool> {
        let nodes = self.nodes().into_iter().filter(|node| node.kind() == "parameter_declaration");
        nodes
            .filter_map(|node| {
                let mut cursor = node.walk();
                let has_default = node.children(&mut cursor).any(|child| child.kind() == "=");
                Some((self.of(node.named_child(0)?), has_default))
            })
            .collect()
    }

    /// The keys of `params` of a module.
    fn module_parameters(&self, module: Node<'_>) -> BTreeSet<&str> {
        let mut keys = BTreeSet::new();
        for property in self.nodes().into_iter().filter(|node| node.kind() == "object_property") {
            let holder = property.parent().and_then(|object| object.parent());
            let is_params = holder.is_some_and(|holder| {
                holder.kind() == "object_property"
                    && holder.named_child(0).is_some_and(|key| self.of(key) == "params")
                    && module.byte_range().contains(&holder.start_byte())
            });
            if let Some(key) = property.named_child(0).filter(|_| is_params) {
                keys.insert(self.of(key));
            }
        }
        keys
    }
}

/// An identifier that refers to something: not a declaration's own name, not the key of a property.
fn is_use(node: Node<'_>) -> bool {
    if node.kind() != "identifier" {
        return false;
    }
    let Some(parent) = node.parent() else { return true };
    let is_first = parent.named_child(0) == Some(node);
    let is_name = parent.kind().ends_with("_declaration") || parent.kind() == "user_defined_function";
    let is_key = parent.kind() == "object_property";
    let is_initializer = parent.child_by_field_name("initializer") == Some(node);
    !(is_first && (is_name || is_key)) && !is_initializer
}

/// Where a node begins, as editors count.
pub(crate) fn at(node: Node<'_>) -> String {
    let position = node.start_position();
    format!("{}:{}", position.row + 1, position.column + 1)
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str =
        "param name string\nvar host = '${name}.example'\noutput url string = 'https://${host}'\n";

    fn problems(text: &str) -> String {
        Bicep::parse(text).problems().join("\n")
    }

    #[test]
    fn what_is_well_has_no_problem() {
        assert_eq!(problems(WELL), "");
        assert_eq!(problems(&format!("extension microsoftGraphV1\n{WELL}")), "");
    }

    #[test]
    fn a_lost_brace_is_found() {
        assert!(problems("var a = {\n  b: 'c'\n\noutput d object = a\n").contains("not Bicep"));
    }

    #[test]
    fn a_name_that_nothing_declares_is_found() {
        assert!(problems(&WELL.replace("${host}", "${hots}")).contains("hots is declared nowhere"));
        assert!(
            problems(&WELL.replace("'${name}.example'", "conact([], [name])"))
                .contains("conact is declared nowhere")
        );
    }

    #[test]
    fn what_nothing_uses_is_found() {
        assert!(
            problems(&format!("{WELL}param spare string\n")).contains("spare is declared and never used")
        );
    }

    #[test]
    fn every_way_for_a_secret_is_found() {
        for text in [
            "@secure()\nparam a string\noutput b string = a\n",
            "param clientSecret string\noutput b string = clientSecret\n",
            "param a string\noutput sharedAccessKey string = a\n",
            "param a secureString\noutput b string = a\n",
            "param a object\noutput b string = a.listKeys().value\n",
            "resource a 'Microsoft.Graph/applications@v1.0' = {\n  passwordCredentials: []\n}\noutput b string = a.id\n",
            "resource a 'Microsoft.Graph/applications@v1.0' = {\n  keyCredentials: []\n}\noutput b string = a.id\n",
            "resource a 'A/servers@1' = {\n  administratorLogin: 'a'\n}\noutput b string = a.id\n",
            "resource a 'Microsoft.KeyVault/vaults/secrets@1' = {\n  name: 'a'\n}\noutput b string = a.id\n",
            "resource a 'A/apps@1' = {\n  secrets: [\n    {\n      name: 'a'\n      value: 'b'\n    }\n  ]\n}\noutput b string = a.id\n",
            "param a object\noutput b string = a.getSecret('c')\n",
        ] {
            assert_eq!(Bicep::parse(text).syntax(), Vec::<String>::new(), "{text}");
            assert!(!Bicep::parse(text).secrets().is_empty(), "{text}");
        }
    }

    #[test]
    fn a_secret_may_be_referred_to() {
        let reference = "resource a 'A/apps@1' = {\n  secrets: [\n    {\n      name: 'a'\n      keyVaultUrl: 'b'\n      identity: 'c'\n    }\n  ]\n}\n";
        let existing = "resource b 'Microsoft.KeyVault/vaults/secrets@1' existing = {\n  name: 'a'\n}\n";
        let text = format!("{reference}{existing}output c string = '${{a.id}}${{b.id}}'\n");
        assert_eq!(problems(&text), "");
    }

    #[test]
    fn what_goes_in_and_out_is_described() {
        let undocumented = |text: &str| Bicep::parse(text).undocumented().join("\n");
        let text = "@description('A name.')\n@minLength(2)\nparam name string\n\n@description('It.')\noutput it string = name\n";
        assert_eq!(undocumented(text), "");
        assert_eq!(undocumented(&text.replace("@description('A name.')\n", "")), "name has no description");
        assert_eq!(undocumented(&text.replace("@description('It.')\n", "")), "it has no description");
    }

    #[test]
    fn a_module_is_called_as_it_is_declared() {
        let main = "module a 'a.bicep' = {\n  name: 'a'\n  params: {\n    name: 'n'\n  }\n}\noutput url string = a.outputs.url\n";
        let read = |path: &str| (path == "a.bicep").then(|| WELL.to_owned());
        let modules = |text: &str| Bicep::parse(text).modules(&read).join("\n");
        assert_eq!(modules(main), "");
        assert!(modules(&main.replace("name: 'n'", "nmae: 'n'")).contains("no parameter nmae"));
        assert!(modules(&main.replace("name: 'n'", "")).contains("wants the parameter name"));
        assert!(modules(&main.replace("outputs.url", "outputs.uri")).contains("no output uri"));
        assert!(modules(&main.replace("a.bicep", "b.bicep")).contains("does not exist"));
        assert_eq!(Bicep::parse(main).given("a.bicep"), ["name"].into());
    }
}
