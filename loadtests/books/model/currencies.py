"""Currencies of ISO 4217 that the client uses."""

EVERYDAY = ("EUR", "USD", "JPY", "BHD", "CLF")
"""With two, two, no, three and four digits of minor units."""
FRESH = (
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AZN", "BAM", "BBD", "BDT", "BIF",
    "BND", "BOB", "BRL", "BTN", "BWP", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ETB", "FJD", "GBP", "GEL", "GHS", "GMD", "GNF",
    "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "ISK", "JMD", "JOD",
    "KES", "KGS", "KHR", "KMF", "KRW", "KWD", "KZT", "LAK", "LBP", "LKR", "LYD", "MAD", "MDL",
    "MGA", "MKD", "MMK", "MNT", "MOP", "MUR", "MVR", "MWK", "MXN", "MYR", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON",
)  # fmt: skip
"""Nobody has had an account in them before a scenario says so."""
CURRENCIES = frozenset((*EVERYDAY, *FRESH))
