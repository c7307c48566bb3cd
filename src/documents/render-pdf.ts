// A document as a PDF/A-3 of A4 pages, with its XML inside where there is one (ZUGFeRD 2, Factur-X 1). Invariant: the same
// document gives the same bytes: no clock and no chance is in it, and nothing is compressed, since what a compression makes of
// the same text is another on other machines.
import PdfDocument from 'pdfkit'
import { languageWords } from '../languages/language-texts.ts'
import type { InvoiceDocument } from './invoice-document.ts'
import { drawDocument } from './lay-out.ts'
import { createTypesetter, type Page } from './text.ts'
import { writeCii, xmlFileName } from './write-cii.ts'

/** Takes some 10 ms a page of one core: outside of transactions, and of the thread that answers requests. */
export async function renderPdf(document: InvoiceDocument): Promise<Uint8Array> {
  const at = new Date(document.issuedAt)
  const title = `${languageWords(document.language).document[document.kind === 'invoice' ? 'invoice' : 'creditNote']} ${document.number}`
  const pdf = new PdfDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    bufferPages: true,
    compress: false,
    pdfVersion: '1.7',
    subset: 'PDF/A-3b',
    lang: document.language,
    displayTitle: true,
    font: '',
    info: { Title: title, Author: document.seller.name, Creator: 'Kingpost', Producer: 'Kingpost', CreationDate: at, ModDate: at },
  })
  // What its types leave out.
  const page = pdf as unknown as Page & { appendXML(text: string): void }
  const parts: Uint8Array[] = []
  const ended = new Promise<void>((resolve, reject) => {
    pdf.on('data', (part: Uint8Array) => parts.push(part))
    pdf.on('end', resolve)
    pdf.on('error', reject)
  })
  const xml = writeCii(document)
  if (xml !== null) {
    pdf.file(Buffer.from(xml), {
      name: xmlFileName,
      type: 'text/xml',
      description: 'The invoice as XML of EN 16931',
      creationDate: at,
      modifiedDate: at,
      relationship: 'Alternative',
    } as PDFKit.Mixins.PDFAttachmentOptions)
    page.appendXML(facturX)
  }
  drawDocument(pdf, createTypesetter(page), document)
  pdf.end()
  await ended
  return Buffer.concat(parts)
}

const property = (name: string, description: string) =>
  `<rdf:li rdf:parseType="Resource"><pdfaProperty:name>${name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>
<pdfaProperty:category>external</pdfaProperty:category><pdfaProperty:description>${description}</pdfaProperty:description></rdf:li>`

const namespace = 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#'
/** Factur-X 1.07 section 6: what says that there is an invoice in it, and the declaration of these words that PDF/A asks for. */
const facturX = `
<rdf:Description rdf:about="" xmlns:fx="${namespace}">
<fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>${xmlFileName}</fx:DocumentFileName>
<fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>${namespace}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>${[
  property('DocumentFileName', 'name of the embedded XML invoice file'),
  property('DocumentType', 'INVOICE'),
  property('Version', 'The actual version of the Factur-X XML schema'),
  property('ConformanceLevel', 'The conformance level of the embedded Factur-X data'),
].join('')}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>`
