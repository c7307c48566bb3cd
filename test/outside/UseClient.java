import org.openapitools.client.ApiClient;
import org.openapitools.client.api.CartsApi;
import org.openapitools.client.api.ProductsApi;
import org.openapitools.client.model.*;

/** Uses a generated Java client as a front end would: a filtered list, a cart, a change of it. */
public class UseClient {
  static ApiClient client(String url, String token) {
    ApiClient client = new ApiClient();
    CLIENT
    return client;
  }

  static void check(boolean holds, Object what) {
    if (!holds) throw new AssertionError(what);
  }

  public static void main(String[] words) throws Exception {
    String url = words[0];
    ProductsPage page = new ProductsApi(client(url, null)).productsList(ARGUMENTS);
    check(page.getItems().size() == 5 && page.getNext() != null, page);
    for (Products book : page.getItems()) check(book.getYear() >= 1800 && book.getYear() < 1850, book);
    Cart cart = new CartsApi(client(url, null)).cartsCreate(null, new CartsCreate().email("reader@example.com"));
    check(cart.getShippingAddress() == null && cart.getLines().isEmpty(), cart);
    AddressInput address = new AddressInput().name("Ann Lee").line1("Main Street 1").city("Berlin").postalCode("10115");
    address.setCountry(AddressInput.CountryEnum.DE);
    CartsUpdate update = new CartsUpdate().shippingAddress(address).note("Ring twice");
    Cart changed = new CartsApi(client(url, cart.getToken())).cartsUpdate(cart.getId(), update, null, null);
    check("Ring twice".equals(changed.getNote()) && "Berlin".equals(changed.getShippingAddress().getCity()), changed);
    check(changed.getTotals().getTotal().getAmount() == 0, changed);
    // The client's own threads would keep the process.
    System.exit(0);
  }
}
