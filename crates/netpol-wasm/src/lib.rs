//! The JavaScript package.
