//! The text that narrows the matrix.
//!
//! Words are joined by AND, commas within a word by OR. A word looks through name, namespace, kind, labels and
//! addresses. `from:` limits it to the rows, `to:` to the columns; a word without either limits both.

/// A filter as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    rows: Vec<Vec<String>>,
    columns: Vec<Vec<String>>,
}

/// Rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sources.
    Rows,
    /// Destinations.
    Columns,
}

impl Filter {
    /// Reads a filter; every text is one.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for word in text.to_ascii_lowercase().split_whitespace() {
            let (sides, word): (&[Side], &str) = if let Some(word) = word.strip_prefix("from:") {
                (&[Side::Rows], word)
            } else if let Some(word) = word.strip_prefix("to:") {
                (&[Side::Columns], word)
            } else {
                (&[Side::Rows, Side::Columns], word)
            };
            let choices: Vec<String> =
                word.split(',').filter(|choice| !choice.is_empty()).map(Into::into).collect();
            if choices.is_empty() {
                continue;
            }
            for side in sides {
                match side {
                    Side::Rows => filter.rows.push(choices.clone()),
                    Side::Columns => filter.columns.push(choices.clone()),
                }
            }
        }
        filter
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.columns.is_empty()
    }

    /// Whether a peer stays; `holds` says whether what is known of it holds a word in lower case.
    pub fn keeps(&self, side: Side, holds: impl Fn(&str) -> bool) -> bool {
        let words = match side {
            Side::Rows => &self.rows,
            Side::Columns => &self.columns,
        };
        words.iter().all(|choices| choices.iter().any(|choice| holds(choice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_narrow_and_commas_widen() {
        let filter = Filter::parse("shop cart,frontend");
        for (text, kept) in
            [("shop/cart", true), ("shop/frontend", true), ("shop/payments", false), ("data/cart", false)]
        {
            assert_eq!(filter.keeps(Side::Rows, |word| text.contains(word)), kept, "{text}");
            assert_eq!(filter.keeps(Side::Columns, |word| text.contains(word)), kept, "{text}");
        }
    }

    #[test]
    fn sides_can_be_told_apart() {
        let filter = Filter::parse("From:Cart to:postgres");
        assert!(
            filter.keeps(Side::Rows, |word| "shop/cart".contains(word))
                && !filter.keeps(Side::Rows, |word| "data/postgres".contains(word))
        );
        assert!(
            filter.keeps(Side::Columns, |word| "data/postgres".contains(word))
                && !filter.keeps(Side::Columns, |word| "shop/cart".contains(word))
        );
    }

    #[test]
    fn half_typed_words_hide_nothing() {
        for text in ["", "  ", "from:", "to: ,", ","] {
            assert!(Filter::parse(text).is_empty(), "{text}");
        }
    }
}
