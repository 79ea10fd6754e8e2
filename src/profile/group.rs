//! Settings that belong together: structs, and the macro that makes them out of the one table.

use super::{reader::Reader, setting::Setting, writer::Writer};

/// Settings that belong together: a struct made from the table.
pub(super) trait Group: Sized {
    /// Shows its settings.
    fn each(visit: &mut dyn FnMut(&'static Setting));

    /// Takes its settings out of what is given; `None` where that is not possible, and the reader knows why.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;

    /// Hands its settings over.
    fn write(&self, writer: &mut Writer);
}

/// Makes structs, and [`SETTINGS`](super::SETTINGS), from the table. A line is
///
/// ```text
/// Name field: Type = default in least..=most as Values, "Help.";
/// ```
///
/// where the default is a number, `default` (that of the type) or `required`, `in` narrows numbers, and `as` says what they or texts are. A line
/// `+ field: Struct;` holds another struct of the table, whose settings are those of several.
macro_rules! settings {
    ($(
        $(#[$about:meta])*
        $group:ident {
            $( + $part:ident: $part_type:ty; )*
            $( $name:ident $field:ident: $type:ty = $default:tt $(in $least:literal..=$most:tt)? $(as $values:ident)?,
                $help:literal; )*
        }
    )*) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, PartialEq)]
            pub struct $group {
                $(
                    #[doc = concat!("See [`", stringify!($part_type), "`].")]
                    pub $part: $part_type,
                )*
                $( #[doc = $help] pub $field: $type, )*
            }

            #[allow(non_upper_case_globals)]
            impl $group {
                $(
                    #[doc = $help]
                    pub const $name: Setting = Setting::new::<$type>(
                        stringify!($name),
                        $help,
                        settings!(@values $type; $($least $most)?; $($values)?),
                        settings!(@required $default),
                        || settings!(@default $default, $type).as_ref().and_then(setting::json),
                    );
                )*

                /// Everything at its default, and what is required empty.
                pub(super) fn unset() -> Self {
                    Self {
                        $( $part: <$part_type>::unset(), )*
                        $( $field: settings!(@default $default, $type).unwrap_or_default(), )*
                    }
                }
            }

            impl Group for $group {
                fn each(visit: &mut dyn FnMut(&'static Setting)) {
                    $( visit(&Self::$name); )*
                    $( <$part_type>::each(visit); )*
                }

                fn read(reader: &mut Reader<'_>) -> Option<Self> {
                    // All are read before the first that is missing or wrong ends it, so that all faults are told.
                    $( let $field = reader.read(&Self::$name, settings!(@default $default, $type)); )*
                    $( let $part = <$part_type>::read(reader); )*
                    Some(Self { $( $part: $part?, )* $( $field: $field?, )* })
                }

                fn write(&self, writer: &mut Writer) {
                    $( writer.put(&Self::$name, &self.$field); )*
                    $( self.$part.write(writer); )*
                }
            }
        )*

        /// All settings of source, target and everything else, in the order of the table.
        pub const SETTINGS: &[&Setting] = &[ $( $( &$group::$name, )* )* ];
    };
    (@values $type:ty;;) => { <$type as SettingType>::VALUES };
    (@values $type:ty; $least:literal $most:tt;) => { Values::Number { least: $least, most: $most } };
    (@values $type:ty; $least:literal $most:tt; $values:ident) => { Values::$values { least: $least, most: $most } };
    (@values $type:ty;; $values:ident) => { Values::$values };
    (@required required) => { true };
    (@required $default:tt) => { false };
    (@default required, $type:ty) => { None::<$type> };
    (@default default, $type:ty) => { Some(<$type>::default()) };
    (@default $default:tt, $type:ty) => { Some::<$type>($default) };
}

pub(super) use settings;
