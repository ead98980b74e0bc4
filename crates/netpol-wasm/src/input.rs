//! What a script hands over, checked: each mistake is a `TypeError` that names the argument.

use std::ops::Range;

use js_sys::{Array, Object, Reflect, TypeError};
use netpol_view::contract::{Connection, Options, PortWanted, Protocol, SourceFile};
use netpol_view::{ChangedFile, TestFormat};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::memory;

/// The error for an argument that is not as declared.
pub fn wrong(message: &str) -> JsValue {
    TypeError::new(message).into()
}

/// A file as a script gave it.
#[derive(Debug, PartialEq)]
pub struct Given {
    name: JsValue,
    text: JsValue,
}

/// `SourceFile[]`.
pub fn files(value: &JsValue) -> Result<Vec<SourceFile>, JsValue> {
    let (_, files) = changed(value, &[])?;
    Ok(files.into_iter().filter_map(|file| file.err()).collect())
}

/// `SourceFile[]`, of which the text of those that are as before stays where it is: the place that such a file had, or
/// another file.
pub fn changed(value: &JsValue, before: &[Given]) -> Result<(Vec<Given>, Vec<ChangedFile>), JsValue> {
    if !Array::is_array(value) {
        return Err(wrong("`files` should be an array of `{ name, text }`"));
    }
    let mut given = Vec::new();
    let mut files = Vec::new();
    let values = Array::from(value);
    // Of files that come or go, those behind are as far from the end as they were.
    let fewer = before.len() as isize - values.length() as isize;
    for (index, value) in values.iter().enumerate() {
        let one = file(index, &value)?;
        let places = [Some(index), index.checked_add_signed(fewer)].into_iter().flatten();
        let known = places.into_iter().find(|place| before.get(*place) == Some(&one));
        files.push(match known {
            Some(place) => Ok(place),
            None => {
                let property = |name: &str, value| string(&format!("files[{index}].{name}"), value);
                Err(SourceFile { name: property("name", &one.name)?, text: property("text", &one.text)? })
            }
        });
        given.push(one);
    }
    memory::make_room_for(
        files.iter().flat_map(|file| file.as_ref().err()).map(|file| file.text.len()).sum(),
    );
    Ok((given, files))
}

fn file(index: usize, value: &JsValue) -> Result<Given, JsValue> {
    if !value.is_object() {
        return Err(wrong(&format!("`files[{index}]` should be `{{ name, text }}`")));
    }
    let property = |name: &str| Reflect::get(value, &name.into());
    Ok(Given { name: property("name")?, text: property("text")? })
}

/// A text; an unpaired surrogate in it becomes U+FFFD.
pub fn string(name: &str, value: &JsValue) -> Result<String, JsValue> {
    value.as_string().ok_or_else(|| wrong(&format!("`{name}` should be a string")))
}

/// `Options`, where nothing means the defaults.
pub fn options(value: &JsValue) -> Result<Options, JsValue> {
    let mut options = Options::default();
    if value.is_undefined() || value.is_null() {
        return Ok(options);
    }
    if !value.is_object() || Array::is_array(value) {
        return Err(wrong("`options` should be an object"));
    }
    for name in Object::keys(value.unchecked_ref::<Object>()).iter() {
        let given = Reflect::get(value, &name)?;
        let name = name.as_string().unwrap_or_default();
        if given.is_undefined() {
            continue;
        }
        match name.as_str() {
            "hypothetical" => options.hypothetical = choice(&name, given)?,
            "ipBlockPods" => options.ip_block_pods = choice(&name, given)?,
            "kubernetes" => options.kubernetes = choice(&name, given)?,
            "unknownFields" => options.unknown_fields = choice(&name, given)?,
            _ => {
                return Err(wrong(&format!(
                    "there is no option `{name}`; there are `hypothetical`, `ipBlockPods`, `kubernetes` and `unknownFields`"
                )));
            }
        }
    }
    Ok(options)
}

fn choice<T: DeserializeOwned>(name: &str, value: JsValue) -> Result<T, JsValue> {
    if !value.is_string() {
        return Err(wrong(&format!("`options.{name}` should be a string")));
    }
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        let error = error.to_string();
        wrong(&format!("`options.{name}`: {}", error.strip_prefix("Error: ").unwrap_or(&error)))
    })
}

/// `"junit" | "tap"`.
pub fn test_format(value: &JsValue) -> Result<TestFormat, JsValue> {
    match string("format", value)?.as_str() {
        "junit" => Ok(TestFormat::Junit),
        "tap" => Ok(TestFormat::Tap),
        _ => Err(wrong("`format` should be `junit` or `tap`")),
    }
}

/// `Connection`.
pub fn connection(value: &JsValue) -> Result<Connection, JsValue> {
    if !value.is_object() {
        return Err(wrong("`connection` should be `{ source, destination, protocol, port }`"));
    }
    let property = |name: &str| Reflect::get(value, &name.into());
    let text = |name: &str| string(&format!("connection.{name}"), &property(name)?);
    let protocol = protocol("connection.protocol", value)?;
    let port = port_number("connection.port", value)?;
    Ok(Connection { source: text("source")?, destination: text("destination")?, protocol, port })
}

/// `PortWanted`, where nothing means none in particular.
pub fn port_wanted(value: &JsValue) -> Result<Option<PortWanted>, JsValue> {
    if value.is_undefined() {
        return Ok(None);
    }
    if !value.is_object() {
        return Err(wrong("`port` should be `{ protocol, port }`"));
    }
    let protocol = protocol("port.protocol", value)?;
    Ok(Some(PortWanted { protocol, port: port_number("port.port", value)? }))
}

fn protocol(name: &str, of: &JsValue) -> Result<Protocol, JsValue> {
    match string(name, &Reflect::get(of, &"protocol".into())?)?.as_str() {
        "TCP" => Ok(Protocol::Tcp),
        "UDP" => Ok(Protocol::Udp),
        "SCTP" => Ok(Protocol::Sctp),
        _ => Err(wrong(&format!("`{name}` should be `TCP`, `UDP` or `SCTP`"))),
    }
}

fn port_number(name: &str, of: &JsValue) -> Result<u16, JsValue> {
    let port = Reflect::get(of, &"port".into())?.as_f64();
    let port = port.filter(|port| port.fract() == 0.0 && (1.0..=65535.0).contains(port));
    let port = port.ok_or_else(|| wrong(&format!("`{name}` should be a whole number from 1 to 65535")))?;
    Ok(port as u16)
}

/// A whole number from 0.
fn whole(value: &JsValue) -> Option<usize> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0);
    number.filter(|number| (0.0..=f64::from(u32::MAX)).contains(number)).map(|number| number as usize)
}

/// A place in a list.
pub fn index(name: &str, value: &JsValue) -> Result<usize, JsValue> {
    whole(value).ok_or_else(|| wrong(&format!("`{name}` should be a whole number from 0")))
}

/// `[number, number]`, half-open; whole numbers from 0.
pub fn range(name: &str, value: &JsValue) -> Result<Range<usize>, JsValue> {
    let ends: Vec<JsValue> = if Array::is_array(value) { Array::from(value).to_vec() } else { Vec::new() };
    match ends.as_slice() {
        [first, last] => whole(first).zip(whole(last)).map(|(first, last)| first..last.max(first)),
        _ => None,
    }
    .ok_or_else(|| {
        wrong(&format!("`{name}` should be two whole numbers from 0: the first, and one past the last"))
    })
}
