// PDF files of a folder, looked at by two that know nothing of us: veraPDF (PDF/A-3b) and Mustangproject (EN 16931 inside).
// A line each: its name, then `true` or `false` of each, or `-` where it has no XML, then what is wrong.
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.mustangproject.validator.ZUGFeRDValidator;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;

public class ValidateInvoices {
  public static void main(String[] words) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    File[] files = new File(words[0]).listFiles((folder, name) -> name.endsWith(".pdf"));
    Arrays.sort(files);
    for (File file : files) {
      boolean hasXml = Files.readString(file.toPath(), java.nio.charset.StandardCharsets.ISO_8859_1).contains("factur-x.xml");
      String archive;
      String wrong = "";
      try (var parser = Foundries.defaultInstance().createParser(file, PDFAFlavour.PDFA_3_B);
          var validator = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFA_3_B, false)) {
        var result = validator.validate(parser);
        archive = String.valueOf(result.isCompliant());
        if (!result.isCompliant()) wrong = result.getTestAssertions().toString();
      }
      String invoice = "-";
      if (hasXml) {
        ZUGFeRDValidator validator = new ZUGFeRDValidator();
        String report = validator.validate(file.getPath());
        invoice = String.valueOf(validator.wasCompletelyValid());
        if (!validator.wasCompletelyValid()) wrong += report;
      }
      System.out.println(String.join("\t", file.getName(), archive, invoice, wrong.replaceAll("\\s+", " ")));
    }
  }
}
