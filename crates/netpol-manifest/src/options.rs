//! What differs between the servers and clients that a text may be meant for.

/// How one document is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Whose API server accepts or refuses the objects.
    pub kubernetes: KubernetesVersion,
    /// What becomes of an object with a field that there is not.
    pub unknown_fields: UnknownFields,
}

/// A release of Kubernetes, as far as releases differ in what they accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KubernetesVersion {
    /// 1.35 and before: an address block need not be written in the one right way.
    V1_35,
    /// 1.36 and later: it must (`StrictIPCIDRValidation`).
    #[default]
    V1_36,
}

/// What becomes of an object with a field that there is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnknownFields {
    /// It is refused, as by `kubectl apply` (`fieldValidation: Strict`).
    #[default]
    Refuse,
    /// The field is dropped, as by clients that do not ask for validation.
    Drop,
}
