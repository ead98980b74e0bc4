//! What a change makes of a value.

use super::{At, Change, Way, Yaml};

/// Makes a change of the object that stands at `object` in the document; `None` where that makes no sense.
pub(super) fn apply(document: &mut Option<Yaml>, object: &[At], change: &Change) -> Option<()> {
    match change {
        Change::Remove(way) if way.steps().is_empty() => {
            let Some((At::Item(item), list)) = object.split_last() else {
                *document = None;
                return Some(());
            };
            let Yaml::List(items) = at(document.as_mut()?, list)? else { return None };
            if items.len() == 1 {
                *document = None;
            } else {
                remove(items, *item)?;
            }
        }
        Change::Remove(way) => {
            let (last, around) = way.steps().split_last()?;
            match (last, inside(document, object, around)?) {
                (At::Item(item), Yaml::List(items)) => remove(items, *item)?,
                (At::Key(key), Yaml::Map(fields)) => {
                    let at = fields.iter().position(|(known, _)| known == key)?;
                    fields.remove(at);
                }
                _ => return None,
            }
        }
        Change::Set(way, value) => set(document, object, way, value.clone())?,
        Change::Lead(way, value) => {
            let (At::Key(key), map) = way.steps().split_last()? else { return None };
            let Yaml::Map(fields) = inside(document, object, map)? else { return None };
            if fields.iter().any(|(known, _)| known == key) {
                return None;
            }
            fields.insert(0, (key.clone(), value.clone()));
        }
        Change::Insert(way, value) => {
            let (At::Item(item), list) = way.steps().split_last()? else { return None };
            let Yaml::List(items) = inside(document, object, list)? else { return None };
            if *item >= items.len() {
                return None;
            }
            items.insert(*item, value.clone());
        }
        Change::Push(way, value) => {
            match inside(document, object, way.steps()) {
                Some(Yaml::List(items)) => items.push(value.clone()),
                Some(Yaml::Null) | None => set(document, object, way, Yaml::List(vec![value.clone()]))?,
                Some(_) => return None,
            };
        }
        Change::Rename(way, key) => {
            let (At::Key(old), map) = way.steps().split_last()? else { return None };
            let Yaml::Map(fields) = inside(document, object, map)? else { return None };
            if fields.iter().any(|(known, _)| known == key) {
                return None;
            }
            fields.iter_mut().find(|(known, _)| known == old)?.0.clone_from(key);
        }
        Change::Join(way) => {
            let (At::Item(item), list) = way.steps().split_last()? else { return None };
            let Yaml::List(items) = inside(document, object, list)? else { return None };
            let Some(Yaml::Map(added)) = items.get(item + 1).cloned() else { return None };
            let Some(Yaml::Map(fields)) = items.get_mut(*item) else { return None };
            if added.iter().any(|(key, _)| fields.iter().any(|(known, _)| known == key)) {
                return None;
            }
            fields.extend(added);
            remove(items, item + 1)?;
        }
    }
    Some(())
}

fn remove(items: &mut Vec<Yaml>, item: usize) -> Option<()> {
    (item < items.len()).then(|| drop(items.remove(item)))
}

fn set(document: &mut Option<Yaml>, object: &[At], way: &Way, value: Yaml) -> Option<()> {
    let (last, around) = way.steps().split_last()?;
    match (last, inside(document, object, around)?) {
        (At::Key(key), Yaml::Map(fields)) => match fields.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value,
            None => fields.push((key.clone(), value)),
        },
        (At::Item(item), Yaml::List(items)) => *items.get_mut(*item)? = value,
        _ => return None,
    }
    Some(())
}

fn inside<'y>(document: &'y mut Option<Yaml>, object: &[At], way: &[At]) -> Option<&'y mut Yaml> {
    at(at(document.as_mut()?, object)?, way)
}

fn at<'y>(value: &'y mut Yaml, way: &[At]) -> Option<&'y mut Yaml> {
    way.iter().try_fold(value, |value, step| match (step, value) {
        (At::Key(key), Yaml::Map(fields)) => {
            fields.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
        }
        (At::Item(item), Yaml::List(items)) => items.get_mut(*item),
        _ => None,
    })
}
