//! The kinds of mistakes that diagnostics speak of.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The object takes no part in the analysis.
    Error,
    /// It is analysed, but probably not as its author means.
    Warning,
    /// Worth knowing.
    Info,
}

macro_rules! codes {
    ($(#[doc = $sentence:literal] $name:ident = ($code:literal, $severity:ident),)*) => {
        /// What kind of mistake a diagnostic speaks of: there is no other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $sentence] $name,)*
        }

        impl Code {
            /// All of them, by their names.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name in kebab case: `unknown-field`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// How bad it is, where nothing makes it harmless: what stands in a `status`, for instance, is a warning.
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }

            /// What is the matter, in a sentence.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence.trim_start(),)*
                }
            }
        }
    };
}

codes! {
    /// The aliases of a document stand for more text than is read.
    AliasExpansion = ("alias-expansion", Error),
    /// An end of an expectation has a `cidr` beside what names pods.
    AmbiguousEnd = ("ambiguous-end", Error),
    /// An `except` of an expectation may be meant for either end.
    AmbiguousExcept = ("ambiguous-except", Warning),
    /// Of several fields that exclude each other, more than one is set.
    AmbiguousField = ("ambiguous-field", Error),
    /// An item of `from` or `to` has an `ipBlock` beside a selector.
    AmbiguousPeer = ("ambiguous-peer", Error),
    /// The port of an Ingress backend has both a number and a name.
    AmbiguousPort = ("ambiguous-port", Error),
    /// The annotations of an object exceed 256 KiB.
    AnnotationsTooLong = ("annotations-too-long", Error),
    /// A port of an expectation is 53 and does not say its protocol, so that it is TCP.
    BarePort = ("bare-port", Warning),
    /// `policyTypes` is absent, so that the rules decide which directions a policy isolates.
    DefaultPolicyTypes = ("default-policy-types", Info),
    /// A list whose items must differ has one twice.
    DuplicateItem = ("duplicate-item", Error),
    /// A key is written twice in one mapping; the last one counts.
    DuplicateKey = ("duplicate-key", Warning),
    /// A Service opens one port of one protocol twice.
    DuplicatePort = ("duplicate-port", Error),
    /// Two ports have the same name where names must differ.
    DuplicatePortName = ("duplicate-port-name", Error),
    /// An end of an expectation names nobody.
    EmptyEnd = ("empty-end", Error),
    /// A list item is empty, which reads as `{}`.
    EmptyItem = ("empty-item", Warning),
    /// A label or annotation has no value, which reads as the empty text.
    EmptyLabel = ("empty-label", Warning),
    /// An item of `from` or `to` says nothing.
    EmptyPeer = ("empty-peer", Error),
    /// A workload's selector is empty.
    EmptySelector = ("empty-selector", Error),
    /// A policy test expects nothing.
    EmptyTest = ("empty-test", Error),
    /// An `endPort` is without a number as its `port`, or below it.
    EndPort = ("end-port", Error),
    /// An object of a cluster-scoped kind names a namespace, which is ignored.
    ForbiddenNamespace = ("forbidden-namespace", Warning),
    /// A word stands behind `---`, and what follows is read as one document with it.
    GluedSeparator = ("glued-separator", Warning),
    /// A text is no IP address.
    InvalidAddress = ("invalid-address", Error),
    /// The key of an annotation breaks its syntax.
    InvalidAnnotation = ("invalid-annotation", Error),
    /// A text is no CIDR.
    InvalidCidr = ("invalid-cidr", Error),
    /// A count is negative, or no whole number of 32 bits.
    InvalidCount = ("invalid-count", Error),
    /// A text is no domain name.
    InvalidDomainName = ("invalid-domain-name", Error),
    /// An `except` does not lie within its `cidr`.
    InvalidExcept = ("invalid-except", Error),
    /// A key of a mapping is no text.
    InvalidKey = ("invalid-key", Error),
    /// The key or the value of a label breaks its syntax.
    InvalidLabel = ("invalid-label", Error),
    /// A name breaks the syntax of names of its kind.
    InvalidName = ("invalid-name", Error),
    /// A text is no name for a namespace.
    InvalidNamespace = ("invalid-namespace", Error),
    /// The name of a port breaks its syntax.
    InvalidPortName = ("invalid-port-name", Error),
    /// A line begins with `---` and separates nothing, so the API server's reader refuses the text.
    InvalidSeparator = ("invalid-separator", Error),
    /// A value is not what its YAML tag says.
    InvalidTag = ("invalid-tag", Error),
    /// A port of an expectation is written in a way that is not known.
    InvalidTestPort = ("invalid-test-port", Error),
    /// Documents are taken for one, and what is written again below replaces what stands above.
    LostDocument = ("lost-document", Warning),
    /// `<<` does not stand for a mapping, or, as a warning, what it brings is overridden.
    MergeKey = ("merge-key", Error),
    /// An object does not say its `apiVersion`.
    MissingApiVersion = ("missing-api-version", Error),
    /// A field that the API requires is absent.
    MissingField = ("missing-field", Error),
    /// An object does not say its `kind`.
    MissingKind = ("missing-kind", Error),
    /// An object has neither `name` nor `generateName`.
    MissingName = ("missing-name", Error),
    /// A workload has no `selector`.
    MissingSelector = ("missing-selector", Warning),
    /// A NetworkPolicy has no `spec`, and so denies all ingress of its namespace.
    MissingSpec = ("missing-spec", Warning),
    /// Further problems are counted, and not listed.
    MoreProblems = ("more-problems", Info),
    /// A rule of a cluster-scoped policy has a named port beside peers that have none.
    NamedPortWithoutPods = ("named-port-without-pods", Warning),
    /// A CIDR has bits behind its prefix, or zeros in front of a number.
    NonCanonicalCidr = ("non-canonical-cidr", Warning),
    /// A document or an item is no mapping.
    NotAnObject = ("not-an-object", Error),
    /// Objects within an OpenShift Template are not read.
    OpenshiftTemplate = ("openshift-template", Warning),
    /// A policy is of a kind that is not evaluated.
    PolicyNotEvaluated = ("policy-not-evaluated", Warning),
    /// `policyTypes` names another thing than `Ingress` and `Egress`, or one too often.
    PolicyTypes = ("policy-types", Error),
    /// A port is not within 1 to 65535.
    PortOutOfRange = ("port-out-of-range", Error),
    /// A range of ports does not end above its first port.
    PortRange = ("port-range", Error),
    /// The priority of a cluster-scoped policy is not within 0 to 1000.
    PriorityOutOfRange = ("priority-out-of-range", Error),
    /// The number of a port is in quotes, which makes it a name.
    QuotedPort = ("quoted-port", Error),
    /// An alias stands for a value that contains it.
    RecursiveAlias = ("recursive-alias", Error),
    /// A policy test has the name of an earlier one; both are run.
    RepeatedTest = ("repeated-test", Warning),
    /// An object of the same kind, namespace and name stands further below, and replaces this one.
    ReplacedObject = ("replaced-object", Warning),
    /// A workload's selector does not select its own pods.
    SelectorMismatch = ("selector-mismatch", Error),
    /// An expression of a selector has an operator that there is not.
    SelectorOperator = ("selector-operator", Error),
    /// An expression of a selector has too few or too many values for its operator.
    SelectorValues = ("selector-values", Error),
    /// An object names more than one owner that controls it.
    SeveralControllers = ("several-controllers", Error),
    /// A document is nested more deeply than is read.
    TooDeep = ("too-deep", Error),
    /// A document holds more values than are read.
    TooLarge = ("too-large", Error),
    /// A policy costs more than the limit of work allows, and is not evaluated.
    TooLargePolicy = ("too-large-policy", Error),
    /// A text is longer than the API takes.
    TooLong = ("too-long", Error),
    /// Not all namespaces that are only mentioned get a hypothetical pod.
    TooManyHypothetical = ("too-many-hypothetical", Info),
    /// A list has more items than the API takes.
    TooManyItems = ("too-many-items", Error),
    /// Not all addresses of nodes are told apart.
    TooManyNodes = ("too-many-nodes", Warning),
    /// Policies mention more addresses than are told apart.
    TooManyPeers = ("too-many-peers", Error),
    /// There are more workloads than are analysed.
    TooManyWorkloads = ("too-many-workloads", Error),
    /// An end of an expectation is a word that names nobody.
    UnknownEnd = ("unknown-end", Error),
    /// The API has no field of that name here.
    UnknownField = ("unknown-field", Error),
    /// There is no kind of that name, but one that is spelled much like it.
    UnknownKind = ("unknown-kind", Error),
    /// A peer of a cluster-scoped policy has a field that the API does not know, so that its rule fails closed.
    UnknownPeerField = ("unknown-peer-field", Warning),
    /// A comment or an annotation silences a rule that there is not.
    UnknownRule = ("unknown-rule", Warning),
    /// A protocol is none of TCP, UDP and SCTP.
    UnsupportedProtocol = ("unsupported-protocol", Error),
    /// There is no such type of Service.
    UnsupportedType = ("unsupported-type", Error),
    /// A word is none of those that a field takes.
    UnsupportedValue = ("unsupported-value", Error),
    /// A kind is not served in this `apiVersion`.
    WrongApiVersion = ("wrong-api-version", Error),
    /// A value is of another type than the API says.
    WrongType = ("wrong-type", Error),
    /// The text is no YAML.
    YamlSyntax = ("yaml-syntax", Error),
    /// A line is indented with a tab.
    YamlTab = ("yaml-tab", Error),
    /// The text is a template that is not rendered.
    YamlTemplate = ("yaml-template", Error),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fmt::Write as _;

    use super::*;

    /// `docs/diagnostics.md`.
    fn page() -> String {
        let mut page = "# Diagnostics\n\nWhat is said of the text itself, each with the severity it usually has: an \
                        object with an **error** takes no part in the analysis, one with a **warning** does, though \
                        perhaps not as its author means. `cargo xtask rules` writes this page.\n\n| Code | Severity | \
                        What is the matter |\n|---|---|---|\n"
            .to_owned();
        for code in Code::ALL {
            let severity = match code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            let _ = writeln!(page, "| `{code}` | {severity} | {} |", code.sentence());
        }
        page
    }

    #[test]
    fn diagnostic_index() -> Result<(), Box<dyn Error>> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnostics.md");
        if std::env::var_os("NETPOL_WRITE_RULES").is_some() {
            std::fs::write(&path, page())?;
        }
        assert!(std::fs::read_to_string(&path)? == page(), "run `cargo xtask rules`");
        Ok(())
    }

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(Code::ALL.is_sorted_by(|one, next| one.as_str() < next.as_str()));
    }
}
