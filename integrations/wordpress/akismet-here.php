<?php
/**
 * Akismet, here
 *
 * Sends the calls of the stock Akismet plugin to a moderation service of your own. Copy this file into
 * wp-content/mu-plugins/ and add to wp-config.php: define( 'AKISMET_HERE', 'https://moderation.example' );
 *
 * @package           Akismet_Here
 * @license           GPL-2.0-or-later
 *
 * @wordpress-plugin
 * Plugin Name:       Akismet, here
 * Description:       Sends the calls of the Akismet plugin to your own moderation service.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 */

namespace Akismet_Here;

defined( 'ABSPATH' ) || exit;

/**
 * Answer a request to Akismet with what the service says. Without an address nothing is sent to anybody.
 *
 * @param false|array<string, mixed>|\WP_Error $answer  Another plugin's answer.
 * @param array<string, mixed>                 $request The arguments of the request.
 * @param string                               $url     Where it is going.
 * @return false|array<string, mixed>|\WP_Error
 */
function send_here( $answer, $request, $url ) {
	$parts = wp_parse_url( $url );
	$named = array_change_key_case( isset( $request['headers'] ) && is_array( $request['headers'] ) ? $request['headers'] : array() );
	// Its connection test asks bare IP addresses, and names the host in a header.
	$host = isset( $named['host'] ) ? $named['host'] : ( isset( $parts['host'] ) ? $parts['host'] : '' );
	if ( false !== $answer || ! preg_match( '/^(?:([a-z0-9]{12})\.)?rest\.akismet\.com$/i', $host, $found ) ) {
		return $answer;
	}
	if ( ! defined( 'AKISMET_HERE' ) ) {
		return new \WP_Error( 'akismet_here', 'AKISMET_HERE is not defined in wp-config.php.' );
	}
	unset( $request['headers']['Host'], $request['headers']['host'] );
	$request['redirection'] = 0;
	$path                   = isset( $parts['path'] ) ? $parts['path'] : '/';
	$query                  = array_filter( array( isset( $parts['query'] ) ? $parts['query'] : '', isset( $found[1] ) ? 'api_key=' . $found[1] : '' ) );
	return wp_remote_request( untrailingslashit( AKISMET_HERE ) . $path . ( $query ? '?' . implode( '&', $query ) : '' ), $request );
}

add_filter( 'pre_http_request', __NAMESPACE__ . '\\send_here', 10, 3 );
