//! Tables by a hash that is quick for small keys, as nearly all are. It is the same in every run: nothing that is shown
//! may depend on the order of such a table all the same.

use foldhash::fast::FixedState;

/// A table by key; made by `default`.
pub type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;

/// A set of keys; made by `default`.
pub type HashSet<T> = std::collections::HashSet<T, FixedState>;
