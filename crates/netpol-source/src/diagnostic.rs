//! What is said about a place in the input.

use crate::code::{Code, Severity};
use crate::edit::Edit;
use crate::span::{DocumentId, Span, TextRange};

/// The name of a Kubernetes object; `namespace` is `None` for cluster-scoped kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// The API group: `networking.k8s.io`; empty for the core group, and where it could not be told.
    pub group: String,
    /// `NetworkPolicy`, `Deployment`, …
    pub kind: String,
    /// `metadata.namespace`, `default` where absent.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

/// A second place that a diagnostic speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related<P = Span> {
    /// What stands there.
    pub message: String,
    /// Where.
    pub place: P,
}

/// A change that mends what a diagnostic is about, where there is only one way to mean it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, such as "write `TCP`".
    pub title: String,
    /// In the document of the diagnostic.
    pub edits: Vec<Edit>,
}

/// One thing that is said about one place.
///
/// Readers of a single document make `Diagnostic<TextRange>`; [`Diagnostic::in_document`] places it in the input.
/// Messages start in lower case, quote the user's own text in backticks, say what is wrong, then what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic<P = Span> {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of mistake it is.
    pub code: Code,
    /// One sentence or two.
    pub message: String,
    /// The field as the API server prints it: `spec.ingress[0].from[0].ipBlock.cidr`.
    pub path: Option<String>,
    /// The object that holds the place.
    pub object: Option<ObjectRef>,
    /// Where.
    pub place: P,
    /// Other places that belong to it.
    pub related: Vec<Related<P>>,
    /// How to mend it.
    pub fixes: Vec<Fix>,
}

impl<P> Diagnostic<P> {
    /// A diagnostic with neither path, object, related places nor fixes.
    pub fn new(severity: Severity, code: Code, message: impl Into<String>, place: P) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            path: None,
            object: None,
            place,
            related: Vec::new(),
            fixes: Vec::new(),
        }
    }
}

impl Diagnostic<TextRange> {
    /// The same, said of a document of the input.
    pub fn in_document(&self, document: DocumentId) -> Diagnostic<Span> {
        Diagnostic {
            severity: self.severity,
            code: self.code,
            message: self.message.clone(),
            path: self.path.clone(),
            object: self.object.clone(),
            place: self.place.in_document(document),
            related: self
                .related
                .iter()
                .map(|related| Related {
                    message: related.message.clone(),
                    place: related.place.in_document(document),
                })
                .collect(),
            fixes: self.fixes.clone(),
        }
    }
}
