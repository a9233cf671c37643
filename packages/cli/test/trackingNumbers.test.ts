import { describe, expect, it } from "@effect/vitest"
import { doubtOf } from "../src/file/trackingForms.js"
import { read } from "../src/file/trackingNumbers.js"

/** Numbers as the carriers' own pages give them as examples, and of their forms. */
const valid: ReadonlyArray<readonly [string, string]> = [
  ["ups", "1Z5R89390357567127"],
  ["ups", "1z5r89390357567127"],
  ["ups", "1Z 5R8 939 03 5756 7127"],
  ["ups_walleted", "1Z999AA10123456784"],
  ["ups", "T9999999999"],
  ["ups", "K2479825491"],
  ["ups", "999999999"],
  ["ups", "999999999999"],
  ["ups", "MI000000123456789"],
  ["ups_ground_saver", "92612999987654321098765"],
  ["ups", "9274899998901234567890"],
  ["fedex", "986578788855"],
  ["fedex", "9865 7878 8855"],
  ["fedex_walleted", "780000000018"],
  ["fedex", "041441760228964"],
  ["fedex", "9611020987654312345672"],
  ["fedex", "9261290100130435082878"],
  ["fedex", "61299998820821171811"],
  ["fedex", "DT123456789012"],
  ["usps", "9400111219615502912683"],
  ["usps", "9400 1112 1961 5502 9126 83"],
  ["usps", "9400111219 615502912683"],
  ["stamps_com", "420606019400111899220000000017"],
  ["endicia", "4206060112349400111219615502912683"],
  ["usps", "70160910000108310009"],
  ["usps", "LZ100000017US"],
  ["usps", "lz123456785us"],
  ["usps", "EA000000005US"],
  ["dhl_express", "1234567890"],
  ["dhl_express", "JD014600003812345678"],
  ["dhl_express", "JJD0099999999"],
  ["dhl_express", "JVGL0999999990"],
  ["dhl_express_worldwide", "3SABCD01234567"],
  ["dhl_ecommerce", "GM60511234500000001"],
  ["dhl_ecommerce", "LX123456789"],
  ["dhl_ecommerce", "9361269903500000000014"],
  ["dhl_paket", "00340434161094042557"],
  ["royal_mail", "RM123456785GB"],
  ["royal_mail", "RM 123 456 785 GB"],
  ["royal_mail", "3A00012345678901234AB"],
  ["canada_post", "7023210039414604"],
  ["canada_post", "LM123456785CA"],
  ["australia_post", "33XXX1234567"],
  ["deutsche_post", "RR123456785DE"],
  ["purolator_ca", "123456789012"],
  ["purolator_ca", "JFV123456789"],
  ["ontrac", "C11031500001879"],
  ["ontrac", "D10011354453707"],
  ["ontrac", "1LSCYM1002NMQHW"],
  ["ontrac", "1LSCXVE005BUEFX"],
  ["lasership", "1LSCXVE005BUEFX"],
  ["fedex", "1195266473930007521100871079919940"],
  ["fedex", "33810799560000004380417923803212"],
  ["dhl_ecommerce", "GM9E44608A27984866BA2D"],
  ["usps", "7196 9010 7560 0307 7385"],
  ["amazon_buy_shipping", "TBA502887274000"],
  ["amazon_buy_shipping", "1Z999AA10123456784"],
  ["nobody", "AB-12/34".replace("/", "-")]
]

const doubted: ReadonlyArray<readonly [string, string, string]> = [
  ["ups", "1Z5R89390357567128", "its check digit is wrong for ups"],
  ["fedex", "1Z5R89390357567127", "is a number of UPS, not of fedex"],
  ["royal_mail", "1Z5R89390357567127", "is a number of UPS, not of royal_mail"],
  ["royal_mail", "RM123456780GB", "its check digit is wrong for royal_mail"],
  ["usps", "9400111219615502912684", "its check digit is wrong for usps"],
  ["usps", "1234567", "has no form of usps that is known"],
  ["nobody", "90210", "may be a postal code"],
  ["nobody", "SW1A1AA", "may be a postal code"],
  ["usps", "9400111899223070000000", "has only zeros behind its 15th digit: a spreadsheet may have rounded it"],
  ["ups", "IZ5R89390357567I27", "with 0 for O and 1 for I it would be valid: 1Z5R89390357567127"],
  ["nobody", "1", "is very short for a tracking number"],
  ["purolator_ca", "1", "is very short for a tracking number"],
  ["nobody", "45000", "may be a day, as a spreadsheet counts them"],
  ["nobody", "20261125", "may be a date"],
  ["nobody", "780000000018780000000029", "may be two numbers of FedEx"],
  ["fedex", "12345678905", "with a 0 before it it would have a form of FedEx"]
]

const refused: ReadonlyArray<readonly [string, string]> = [
  ["https://tools.usps.com/go/TrackConfirmAction?tLabels=9400111899220000000048", "is a link"],
  ["www.ups.com/track", "is a link"],
  ["ops@example.com", "is an e-mail address"],
  ["shipped", "is a word, and no tracking number"],
  ["see note", "is a word"],
  ["left at door 3", "has words in it"],
  ["shipped25", "has words in it"],
  ["UPS 1Z999AA10123456784", "has words in it"],
  ["pending", "is no tracking number"],
  ["XXXX", "is no tracking number"],
  ["1 of 2", "has words in it"],
  ["1Z999AA10123456784 2 of 3", "has a quantity behind it"],
  ["1Z999AA10123456784 2", "has something beside the number"],
  ["1Z 999 AA1 0123 456 784 - 12", "has something beside the number"],
  ["1 1Z999AA10123456784", "has something beside the number"],
  ["2x 1Z999AA10123456784", "has something beside the number"],
  ["9400 1118 9922 0000 0000 62 1", "has something beside the number"],
  ["LZ100000017US 3", "has something beside the number"],
  ["3 kg", "has words in it"],
  ["PO 12345", "has words in it"],
  ["n/a", "is no tracking number"],
  ["000", "is no tracking number"],
  ["0000", "is no tracking number"],
  ["---", "is no tracking number"],
  ["#REF!", "is an error of a spreadsheet"],
  ["########", "is an error of a spreadsheet"],
  ["#DIV/0!", "is an error of a spreadsheet"],
  ["9,40011E+21", "was turned into a rounded number"],
  ["9.4E21", "was turned into a rounded number"],
  ["2.19E+026", "was turned into a rounded number"],
  ["9400111899223190000000", "has only zeros behind its 15th digit"],
  ["780000000018.0", "was turned into a number with decimals"],
  ["11/25/2026", "is a date"],
  ["2026-11-25", "is a date"],
  ["2026-11-25 14:30:00", "is a date"],
  ["se-12345678", "is the id of a shipment"],
  ["780000000018 and 780000000029", "has more than one number"],
  ["780000000018780000000029".replace("878", "8 78"), "has more than one number"],
  ["1Z999AA101234567841Z999AA10123456784", "has more than one number"],
  ["LZ100000017USLZ123456785US", "has more than one number"],
  ["rm123456785gbrm123456799gb", "has more than one number"],
  ["94001112196155029126839400111899220000000017", "has more than one number"],
  ["4206060194001118992200000000174206060194001118992200000000017".slice(0, 60), "has more than one number"],
  ["JD014600003812345678JD014600003812345679", "has more than one number"],
  ["GM60511234500000001GM60511234500000002", "has more than one number"],
  ["TBA502887274000TBA502887274001", "has more than one number"],
  ["C11031500001879C11031500001880", "has more than one number"],
  ["1LSCYM1002NMQHW1LSCYM1002NMQHX", "has more than one number"],
  ["1Z999AA10123456784LZ100000017US", "has more than one number"],
  ["780000000018780000000018", "has more than one number"],
  ["1e21", "was turned into a rounded number"],
  ["9E22", "was turned into a rounded number"],
  ["1Z", "is no tracking number"],
  ["1Z999AA10123456784 + 1Z999AA10123456784", "has more than one number"],
  ["1Z999AA10123456784&1Z999AA10123456784", "has more than one number"],
  ["1Z999AA1\u202E48765432101", "has characters that no tracking number has"],
  ["1Z999\u0000AA1", "has characters that no tracking number has"],
  ["$12.50", "has characters"],
  ["+1 555 123 4567", "has characters"],
  ["1Z999AA1 (box 2)", "has characters"],
  ["1Z999ÄA10123456784", "has Ä (U+00C4)"],
  ["٩٤٠٠١١١", "has ٩ (U+0669)"],
  ["1".repeat(10) + "A".repeat(40), "is too long for one tracking number"],
  ["{\"n\":1}", "has characters"]
]

const cleaned: ReadonlyArray<readonly [string, string, string]> = [
  ["'9400111899220000000062", "9400111899220000000062", "what a spreadsheet puts around a text"],
  ["=\"9400111899220000000079\"", "9400111899220000000079", "what a spreadsheet puts around a text"],
  ["“1Z999AA10123456784”", "1Z999AA10123456784", "the marks around it"],
  ["*1Z999AA10123456784*", "1Z999AA10123456784", "the marks around it"],
  ["(1Z999AA10123456784),", "1Z999AA10123456784", "the marks around it"],
  ["#1Z999AA10123456784", "1Z999AA10123456784", "the marks around it"],
  ["\u200E1Z999AA10123456784\u200F", "1Z999AA10123456784", "invisible characters"],
  ["1Z999AA1\u200B0123456784", "1Z999AA10123456784", "invisible characters"],
  ["１Ｚ999AA10123456784", "1Z999AA10123456784", "full-width characters"],
  ["1Z 999 AA1 0123456784", "1Z999AA10123456784", "spaces"],
  ["1Z-999-AA1-0123456784", "1Z999AA10123456784", "hyphens"]
]

describe("tracking numbers", () => {
  it.each(valid)("of %s such as %s are sent, and warn nobody", (carrier, cell) => {
    const { flaw, number, removed } = read(cell, carrier)
    expect({ flaw, removed: removed.filter((what) => what !== "spaces") }).toStrictEqual({
      flaw: undefined,
      removed: []
    })
    expect(doubtOf(number, carrier)?.reason).toBeUndefined()
  })

  it.each(doubted)("of %s such as %s are doubted", (carrier, cell, reason) => {
    expect(read(cell, carrier).flaw).toBeUndefined()
    expect(doubtOf(cell, carrier)?.reason).toContain(reason)
  })

  it.each(refused.flatMap(([cell, reason]) => ["ups", "nobody"].map((carrier) => [cell, carrier, reason] as const)))(
    "%j isn't one, for %s",
    (cell, carrier, reason) => {
      expect(read(cell, carrier).flaw?.reason).toContain(reason)
    }
  )

  it.each([
    ["fedex", "780000000018780000000029"],
    ["fedex", "041441760228964780000000018"],
    ["usps", "9400111219615502912683LZ100000017US"]
  ])("of %s aren't two without anything between them: %s", (carrier, cell) => {
    expect(read(cell, carrier).flaw?.reason).toBe("has more than one number")
  })

  it.each(cleaned)("%j is read as %s, and told", (cell, number, removed) => {
    expect(read(cell, "ups")).toStrictEqual({ number, removed: [removed] })
  })
})
